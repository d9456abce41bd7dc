export function bundleCommand(outfile: string, page?: string | null): Promise<void>;
