// All objects of the daemon, kept up to date by its signals. Snapshots never change in place, so that React can
// compare them.
import { plain } from "./wire";

export type Properties = Readonly<Record<string, unknown>>;
type Interfaces = Readonly<Record<string, Properties>>;
export type ManagedObjects = Record<string, Record<string, Record<string, unknown>>>;
export type Listed = Readonly<{ path: string }>;

export class ObjectStore {
    #objects = new Map<string, Interfaces>();
    #lists = new Map<string, readonly Listed[]>();
    #single = new Map<string, Listed>();
    #listeners = new Set<() => void>();
    #announced = false;
    /** What signals told since all objects were asked for. */
    #told: (() => void)[] | null = null;

    /** Be called after changes, once for all that came together. Returns the way out. */
    subscribe = (listener: () => void): (() => void) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
    };

    /** All objects are about to be asked for: what signals tell from here on is also put over the answer. */
    expect(): void {
        this.#told = [];
    }

    /**
     * Replace everything by the answer of GetManagedObjects. Cockpit may hand over an answer later than a signal that
     * came after it, so what was told since the question is told again. A signal from before the answer does no harm:
     * the last word on each object is either in the answer or in the last signal about it.
     */
    reset(objects: ManagedObjects): void {
        const told = this.#told ?? [];
        this.#told = null;
        this.#objects = new Map(
            Object.entries(objects).map(([path, interfaces]) => [path, plain(interfaces) as Interfaces]),
        );
        this.#lists.clear();
        this.#single.clear();
        for (const tell of told) tell();
        this.#announce();
    }

    added(path: string, interfaces: Record<string, Record<string, unknown>>): void {
        this.#told?.push(() => this.added(path, interfaces));
        this.#objects.set(path, { ...this.#objects.get(path), ...(plain(interfaces) as Interfaces) });
        for (const name of Object.keys(interfaces)) this.#stale(path, name);
    }

    removed(path: string, names: readonly string[]): void {
        this.#told?.push(() => this.removed(path, names));
        const rest = Object.entries(this.#objects.get(path) ?? {}).filter(([name]) => !names.includes(name));
        if (rest.length) this.#objects.set(path, Object.fromEntries(rest));
        else this.#objects.delete(path);
        for (const name of names) this.#stale(path, name);
    }

    changed(path: string, name: string, properties: Record<string, unknown>): void {
        this.#told?.push(() => this.changed(path, name, properties));
        const known = this.#objects.get(path);
        // A change of an object that was not announced: the announcement will bring all of it.
        if (!known?.[name]) return;
        this.#objects.set(path, { ...known, [name]: { ...known[name], ...(plain(properties) as Properties) } });
        this.#stale(path, name);
    }

    /** All objects with an interface, by path. The same array until one of them changes. */
    list(name: string): readonly Listed[] {
        const known = this.#lists.get(name);
        if (known) return known;
        const found = [...this.#objects.keys()]
            .filter((path) => this.#objects.get(path)?.[name])
            .sort()
            .map((path) => this.one(path, name) as Listed);
        this.#lists.set(name, found);
        return found;
    }

    /** One object, or undefined. The same object until it changes. */
    one(path: string, name: string): Listed | undefined {
        const key = `${path} ${name}`;
        const known = this.#single.get(key);
        if (known) return known;
        const properties = this.#objects.get(path)?.[name];
        if (!properties) return undefined;
        const made = { ...properties, path };
        this.#single.set(key, made);
        return made;
    }

    #stale(path: string, name: string): void {
        this.#lists.delete(name);
        this.#single.delete(`${path} ${name}`);
        this.#announce();
    }

    #announce(): void {
        if (this.#announced) return;
        this.#announced = true;
        queueMicrotask(() => {
            this.#announced = false;
            for (const listener of [...this.#listeners]) listener();
        });
    }
}
