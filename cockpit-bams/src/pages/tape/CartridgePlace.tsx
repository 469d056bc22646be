import { useObjects } from "../../api/hooks";
import { type Cartridge, LIBRARY, type TapeLibrary } from "../../api/tape";
import { Link, placeOf } from "../../routing";
import { _, fill } from "../../text";
import { placeText } from "./words";

/** The name of a library for people, by its serial number; a link when it is there. */
export function LibraryName({ serial }: { serial: string }) {
    const library = useObjects<TapeLibrary>(LIBRARY).find(({ Serial }) => Serial === serial);
    const place = library && placeOf(library.path);
    return place ? <Link to={place}>{library.Name}</Link> : <>{serial}</>;
}

/** Where a cartridge is now; outside, where it was last. */
export function CartridgePlace({ cartridge: { place, number, library } }: { cartridge: Cartridge }) {
    if (place === "outside") {
        return (
            <>
                {_("Outside, last seen in")} <LibraryName serial={library} />
            </>
        );
    }
    return (
        <>
            {fill("{place},", { place: placeText(place, number) })} <LibraryName serial={library} />
        </>
    );
}
