/** The cartridge that a person has chosen to move: the one in a slot or the one in a drive, by number. */
export interface Source {
    kind: "slot" | "drive";
    number: number;
}
