// As spoken.tsx, for parts that the first page does not need.
/* eslint-disable no-restricted-imports */
import {
    ClipboardCopy as PlainClipboardCopy, type ClipboardCopyProps, SearchInput as PlainSearchInput,
    type SearchInputProps, Tabs as PlainTabs, type TabsProps,
} from "@patternfly/react-core";

import { _ } from "../text";

export function ClipboardCopy(props: Omit<ClipboardCopyProps, "ref">) {
    const labels = { hoverTip: _("Copy"), clickTip: _("Copied"), textAriaLabel: _("Text to copy") };
    return <PlainClipboardCopy {...labels} {...props} />;
}

export function SearchInput(props: Omit<SearchInputProps, "ref">) {
    return <PlainSearchInput resetButtonLabel={_("Clear")} submitSearchButtonLabel={_("Find")} {...props} />;
}

export function Tabs(props: Omit<TabsProps, "ref">) {
    const labels = { backScrollAriaLabel: _("Scroll back"), forwardScrollAriaLabel: _("Scroll forward") };
    return <PlainTabs {...labels} {...props} />;
}
