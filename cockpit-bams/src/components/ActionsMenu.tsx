import { Dropdown, DropdownItem, DropdownList, MenuToggle } from "@patternfly/react-core";
import { EllipsisVIcon } from "@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon";
import { useState } from "react";

import { explain, usePermissions } from "../api/permissions";

export interface MenuAction {
    text: string;
    /** The polkit action that it needs; left out when everybody may. */
    action?: string;
    /** Why it cannot be done now, whoever asks. */
    refusal?: string | undefined;
    isDanger?: boolean;
    onClick: () => void;
}

/** Actions of one object behind three dots. What cannot be done stays there, and says why. */
export function ActionsMenu({ label, actions }: { label: string; actions: MenuAction[] }) {
    const [isOpen, setOpen] = useState(false);
    const permissions = usePermissions();
    const items = actions.map(({ text, action, refusal, isDanger, onClick }) => {
        const why = refusal ?? (action ? explain(action, permissions[action]).reason : "");
        return (
            <DropdownItem
                key={text}
                onClick={onClick}
                isAriaDisabled={why !== ""}
                isDanger={isDanger === true && why === ""}
                {...(why ? { description: why } : {})}
            >
                {text}
            </DropdownItem>
        );
    });
    return (
        <Dropdown
            isOpen={isOpen}
            onSelect={() => setOpen(false)}
            onOpenChange={setOpen}
            popperProps={{ position: "end", preventOverflow: true, maxWidth: "min(22rem, 90vw)" }}
            toggle={(ref) => (
                <MenuToggle
                    ref={ref}
                    variant="plain"
                    aria-label={label}
                    isExpanded={isOpen}
                    onClick={() => setOpen(!isOpen)}
                    icon={<EllipsisVIcon />}
                />
            )}
        >
            <DropdownList>{items}</DropdownList>
        </Dropdown>
    );
}
