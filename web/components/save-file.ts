/** Hands a text to the browser as a file to save; the page keeps nothing of it. */
export function saveFile(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has the file's bytes by the next task at the latest.
  setTimeout(() => URL.revokeObjectURL(address), 0);
}
