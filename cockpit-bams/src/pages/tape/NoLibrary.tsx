import { List, ListItem } from "@patternfly/react-core";
import { TapeIcon } from "@patternfly/react-icons/dist/esm/icons/tape-icon";

import { NothingHere } from "../../components/NothingHere";
import { Link } from "../../routing";
import { _ } from "../../text";
import { LookAgain } from "./LibraryHead";

/** No library is there. Most often a cable, a zone or the robot's own logical unit is missing. */
export function NoLibrary() {
    return (
        <NothingHere title={_("No tape library")} icon={TapeIcon} action={<LookAgain isPrimary />}>
            <p>{_("This host sees no library. It appears here by itself as soon as the kernel finds one. Look at:")}</p>
            <List className="bams-start">
                <ListItem>{_("Is the library switched on and ready, by its own display?")}</ListItem>
                <ListItem>{_("Is the cable in, or are this host and the robot in one zone of the switch?")}</ListItem>
                <ListItem>
                    {_("Does the host see the robot? The command “lsscsi -g” shows it as “mediumx”. It is often a " +
                        "logical unit of the first drive.")}
                </ListItem>
                <ListItem>{_("Is the kernel module sg loaded? BAMS speaks to the robot through it.")}</ListItem>
            </List>
            <p className="bams-space-above">
                <Link to={["tape", "cartridges"]}>{_("Cartridges that were seen before")}</Link>
            </p>
        </NothingHere>
    );
}
