// A plugin of typedoc: what a class inherits is told once, at the class that it inherits from.

/** typedoc's ReflectionKind.Class. */
const CLASS = 128;

export function load(app) {
  app.converter.on('resolveBegin', ({ project }) => {
    const inherited = Object.values(project.reflections).filter(
      ({ inheritedFrom, parent }) => inheritedFrom !== undefined && parent?.kind === CLASS,
    );
    for (const reflection of inherited) project.removeReflection(reflection);
  });
}
