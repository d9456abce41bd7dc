export function buildPage(folder?: string): Promise<{ name: string; size: number }[]>;
export function sizesOf(folder: string): { name: string; size: number }[];
export function addServiceWorker(folder: string): Promise<void>;
