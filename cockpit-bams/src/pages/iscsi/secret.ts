// Secrets are made in the browser, sent once and forgotten: they are in no storage, no address and no message.

/** Without letters and digits that people take for others when they read them aloud: 0 O o 1 l I. */
const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
/** The most that every initiator takes. */
const LENGTH = 16;

/** A secret of 93 bits. */
export function makeSecret(): string {
    const fair = 256 - (256 % LETTERS.length);
    let made = "";
    while (made.length < LENGTH) {
        // A number at or above the last multiple would make the first letters more likely.
        const [drawn = fair] = crypto.getRandomValues(new Uint8Array(1));
        if (drawn < fair) made += LETTERS[drawn % LETTERS.length] ?? "";
    }
    return made;
}
