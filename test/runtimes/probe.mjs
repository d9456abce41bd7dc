// What every environment is asked: to read weights, to run them on numbers, and to say how that was done.
// Written so that it can be sent as text, too: it refers to nothing outside.

/**
 * @param library The namespace of cyclegan-ts.
 * @param weights The bytes of a file with weights.
 * @param options Of `compile`, such as the engine.
 * @returns Digits of the outputs, which are the same everywhere, and how they came.
 */
export async function probe(library, weights, options = {}) {
  const { compile, loadStateDict, ResNetGenerator, Tensor } = library;
  const netG = ResNetGenerator.fromStateDict(await loadStateDict(weights)).eval();
  const [channels, height, width] = [netG.config.inputNc, 24, 28];
  const numbers = Float32Array.from({ length: channels * height * width }, (_, i) =>
    Math.sin(i * 0.37),
  );
  const inputShape = [1, channels, height, width];
  const program = await compile(netG, { ...options, inputShape });
  const { data } = await program.run(new Tensor(numbers, inputShape));
  const { engine, details } = program;
  program.dispose();
  let caught = null;
  try {
    new Tensor(numbers, [1]);
  } catch (error) {
    caught = `${error.name} ${error.code} ${error instanceof library.CycleganError}`;
  }
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  return { engine, details, mean, first: data[0], caught };
}
