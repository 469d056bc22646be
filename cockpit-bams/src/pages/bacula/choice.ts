// What is to be configured, as the form has it and as the daemon takes it.
import type { DiskRepository } from "../../api/disk";
import type { TapeLibrary } from "../../api/tape";
import { type Options, as, b, s, u } from "../../api/wire";

export interface Choice {
    /** What is left out. So what comes later is in, as it is when nobody has chosen. */
    withoutLibraries: string[];
    withoutRepositories: string[];
    virtual: string[];
    devices: number;
    director: string;
    address: string;
    localDirector: boolean;
}

export const FIRST_CHOICE: Choice = {
    withoutLibraries: [],
    withoutRepositories: [],
    virtual: [],
    devices: 2,
    director: "",
    address: "",
    localDirector: false,
};

export const MOST_DEVICES = 32;

/** Repositories that Bacula can write files to. */
export function usable(repositories: readonly DiskRepository[]): DiskRepository[] {
    return repositories.filter(({ Owned, Use }) => Owned && Use === "filesystem");
}

export function choiceOptions(
    choice: Choice,
    libraries: readonly TapeLibrary[],
    repositories: readonly DiskRepository[],
): Options {
    const { withoutLibraries, withoutRepositories, virtual, devices, director, address, localDirector } = choice;
    const names = (all: readonly { Name: string }[], without: readonly string[]) =>
        all.map(({ Name }) => Name).filter((name) => !without.includes(name));
    const wanted = names(usable(repositories), withoutRepositories);
    return {
        ...(withoutLibraries.length ? { libraries: as(names(libraries, withoutLibraries)) } : {}),
        ...(withoutRepositories.length ? { repositories: as(wanted) } : {}),
        virtual_autochangers: as(virtual.filter((name) => wanted.includes(name))),
        devices_per_repository: u(devices),
        ...(director.trim() ? { director: s(director.trim()) } : {}),
        ...(address.trim() ? { address: s(address.trim()) } : {}),
        ...(localDirector ? { local_director: b(true) } : {}),
    };
}
