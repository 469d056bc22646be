import { Component, type ReactNode } from "react";

import { _ } from "../text";
import { ErrorAlert } from "./ErrorAlert";
import { Button } from "./spoken";

/** A fault of one page leaves the others usable. Give it a key, so that another page starts afresh. */
export class Crash extends Component<{ children: ReactNode }, { error: unknown }> {
    override state = { error: null as unknown };

    static getDerivedStateFromError(error: unknown) {
        return { error };
    }

    override render() {
        if (this.state.error === null) return this.props.children;
        const again = (
            <Button variant="link" isInline onClick={() => window.location.reload()}>
                {_("Load it again")}
            </Button>
        );
        return <ErrorAlert error={this.state.error} title={_("This page has a fault")} actionLinks={again} />;
    }
}
