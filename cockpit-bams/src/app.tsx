import { Nav, NavItem, Page, PageSection } from "@patternfly/react-core";
import { Suspense, useEffect, useRef } from "react";

import { useConnection } from "./api/hooks";
import { NoConnection } from "./components/Connection";
import { Crash } from "./components/Crash";
import { Dialogs } from "./components/Dialogs";
import { JobsBar } from "./components/JobsBar";
import { Simulated } from "./components/Simulated";
import { Toasts } from "./components/Toasts";
import { NavList, Spinner } from "./components/spoken";
import { PAGES } from "./pages";
import { go, href, usePlace } from "./routing";
import { _ } from "./text";
import { toast } from "./toasts";

/** Say it when the daemon came back, so that a person knows why the page blinked. */
function useReturnMessage(): void {
    const { kind } = useConnection();
    const before = useRef(kind);
    useEffect(() => {
        if (kind === "ready" && (before.current === "gone" || before.current === "stopped")) {
            toast("info", _("BAMS is running again"));
        }
        before.current = kind;
    }, [kind]);
}

function Tabs({ current }: { current: string }) {
    return (
        <Nav
            variant="horizontal-subnav"
            aria-label={_("Pages")}
            onSelect={(event, { to }) => {
                event.preventDefault();
                go(to.replace(/^#\//, "").split("/"));
            }}
        >
            <NavList>
                {PAGES.map(({ id, title }) => (
                    <NavItem key={id} itemId={id} to={href([id])} isActive={id === current} preventDefault>
                        {_(title)}
                    </NavItem>
                ))}
            </NavList>
        </Nav>
    );
}

export function App() {
    const state = useConnection();
    const isReady = state.kind === "ready";
    // Once a page is there it stays, out of sight while there is no daemon: what was typed in it is not lost.
    const hasPages = useRef(false);
    hasPages.current ||= isReady;
    const { path, options } = usePlace();
    useReturnMessage();
    const page = PAGES.find(({ id }) => id === path[0]) ?? PAGES[0];
    if (!page) return null;
    const PageContent = page.component;
    return (
        <Page
            className="no-masthead-sidebar"
            isContentFilled
            {...(isReady ? { horizontalSubnav: <Tabs current={page.id} /> } : {})}
        >
            <Toasts />
            <h1 className="pf-v6-screen-reader">{`${_("Backup appliance")}: ${_(page.title)}`}</h1>
            {isReady ? (
                <>
                    <Simulated />
                    <JobsBar />
                </>
            ) : (
                <PageSection hasBodyWrapper={false} isFilled variant="secondary">
                    <NoConnection state={state} />
                </PageSection>
            )}
            {hasPages.current && (
                <PageSection
                    hasBodyWrapper={false}
                    isFilled
                    variant="secondary"
                    {...(isReady ? {} : { className: "bams-hidden" })}
                >
                    <Crash key={page.id}>
                        <Suspense fallback={<Spinner aria-label={_("Loading")} />}>
                            <PageContent rest={path.slice(1)} options={options} />
                        </Suspense>
                    </Crash>
                </PageSection>
            )}
            <Dialogs />
        </Page>
    );
}
