/** A file, and the folders that it came in. */
export interface FoundFile {
  readonly file: File;
  readonly path: string;
  /** Whether it lay in a folder, where other files may lie, too. */
  readonly isInFolder: boolean;
}

/** All files of what was dropped or pasted, those in folders, too. The transfer is gone after the event: it is read at once. */
export function filesOf(transfer: DataTransfer): Promise<FoundFile[]> {
  const items = [...transfer.items].filter(({ kind }) => kind === 'file');
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? null);
  const files = [...transfer.files];
  if (entries.length === 0 || entries.includes(null)) return Promise.resolve(files.map(alone));
  return collect(entries.flatMap((entry) => entry ?? []));
}

/** Of an input for files or for a folder. */
export function chosenFiles(input: HTMLInputElement): FoundFile[] {
  return [...(input.files ?? [])].map((file) => {
    const path = file.webkitRelativePath;
    return path === '' ? alone(file) : { file, path, isInFolder: true };
  });
}

function alone(file: File): FoundFile {
  return { file, path: file.name, isInFolder: false };
}

async function collect(entries: readonly FileSystemEntry[], parent = ''): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  for (const entry of [...entries].sort(byName)) {
    const path = `${parent}${entry.name}`;
    if (entry.isFile) {
      const file = await fileOf(entry as FileSystemFileEntry);
      found.push({ file, path, isInFolder: parent !== '' });
    } else {
      const children = await childrenOf(entry as FileSystemDirectoryEntry);
      found.push(...(await collect(children, `${path}/`)));
    }
  }
  return found;
}

function byName(a: FileSystemEntry, b: FileSystemEntry): number {
  return a.name.localeCompare(b.name, 'en', { numeric: true });
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** Browsers give a hundred at a time. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}
