import { Nav, NavItem } from "@patternfly/react-core";

import { useDiscovering, useObject, useObjects } from "../../api/hooks";
import { DRIVE, LIBRARY, type TapeDrive, type TapeLibrary } from "../../api/tape";
import { Looking } from "../../components/Looking";
import { NotThere } from "../../components/NotThere";
import { NavList } from "../../components/spoken";
import { go, href, placeOf } from "../../routing";
import { _ } from "../../text";
import type { PageProps } from "..";
import { CartridgePage } from "./CartridgePage";
import { CartridgesPage } from "./CartridgesPage";
import { DrivePage } from "./DrivePage";
import { LibraryPage } from "./LibraryPage";
import { NoLibrary } from "./NoLibrary";
import "./tape.css";

const CARTRIDGES = ["tape", "cartridges"];

/** One tab for each library, and one for the cartridges of all. */
function LibraryTabs({ libraries, current }: { libraries: readonly TapeLibrary[]; current: string }) {
    const places = [
        ...libraries.map(({ path, Name }): [string[], string] => [placeOf(path) ?? [], Name]),
        [CARTRIDGES, _("Cartridges")] as [string[], string],
    ];
    return (
        <Nav
            className="bams-space-below"
            variant="horizontal-subnav"
            aria-label={_("Libraries")}
            onSelect={(event, { to }) => {
                event.preventDefault();
                const place = places.find(([known]) => href(known) === to);
                if (place) go(place[0]);
            }}
        >
            <NavList>
                {places.map(([place, title]) => (
                    <NavItem
                        key={place.join("/")}
                        itemId={place.join("/")}
                        to={href(place)}
                        isActive={place.join("/") === current}
                        preventDefault
                    >
                        <span className="bams-wrap">{title}</span>
                    </NavItem>
                ))}
            </NavList>
        </Nav>
    );
}

function Content({ rest, libraries }: { rest: string[]; libraries: readonly TapeLibrary[] }) {
    const path = `/org/bams/Tape/${rest.join("/")}`;
    const drive = useObject<TapeDrive>(path, DRIVE);
    const isLooking = useDiscovering("tape");
    const [kind, name] = rest;
    const library = libraries.find((known) =>
        drive ? known.Serial === drive.Library : kind === undefined || known.path === path,
    );
    if (kind === "cartridges") {
        return name === undefined ? <CartridgesPage /> : <CartridgePage key={name} barcode={name} />;
    }
    if (libraries.length === 0) return isLooking ? <Looking area="tape" /> : <NoLibrary />;
    if (library && drive) return <DrivePage key={drive.path} library={library} drive={drive} />;
    if (library) return <LibraryPage key={library.path} library={library} />;
    return (
        <NotThere area="tape" to={["tape"]} others={_("All libraries")}>
            {_("The library or drive of this address was taken away or switched off.")}
        </NotThere>
    );
}

/**
 * #/tape, #/tape/libraries/SERIAL, #/tape/drives/SERIAL as the object paths of the daemon, #/tape/cartridges and
 * #/tape/cartridges/BARCODE.
 */
export default function TapePage({ rest }: PageProps) {
    const libraries = useObjects<TapeLibrary>(LIBRARY);
    const [kind] = rest;
    const [first] = libraries;
    const current = kind === undefined ? (first && placeOf(first.path)) : kind === "cartridges" ? CARTRIDGES : null;
    return (
        <>
            {libraries.length > 0 && (
                <LibraryTabs libraries={libraries} current={(current ?? ["tape", ...rest]).join("/")} />
            )}
            <Content rest={rest} libraries={libraries} />
        </>
    );
}
