// What the pure modules need of cockpit.js: texts stay as they are.
const cockpit = {
    language: "en",
    gettext: (text: string) => text,
    ngettext: (one: string, many: string, count: number) => (count === 1 ? one : many),
};
export { cockpit };
