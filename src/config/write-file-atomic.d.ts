declare module 'write-file-atomic' {
  /** Writes a file beside its place, then renames it there. Owner and mode default to those of the file that is replaced. */
  function writeFileAtomic(path: string, content: string, options?: { readonly mode?: number }): Promise<void>;
  export = writeFileAtomic;
}
