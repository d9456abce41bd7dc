export function bundleCommand(outfile: string): Promise<void>;
