/** What the server has put into this page alone: styles that carry it are ours (Content-Security-Policy). */
export const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
