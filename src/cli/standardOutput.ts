/**
 * Writes data, which is all that standard output is for. A reader that has seen enough and went away (`| head`) is no
 * error: the command then ends at once.
 */
export function writeData(data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(data, (error) => {
      if (!error) resolve();
      else if ('code' in error && error.code === 'EPIPE') process.exit(0);
      else reject(error);
    });
  });
}
