// Style and mistakes. `tsc` checks the types, so rules that need types are not repeated here.
import js from "@eslint/js";
import jsxA11y from "eslint-plugin-jsx-a11y";
import reactHooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

const cockpitOnlyInApi = {
    selector: "MemberExpression[object.name='cockpit'][property.name=/^(dbus|spawn|http|file|channel)$/]",
    message: "Only src/api/ talks to the host.",
};

const spoken = {
    name: "@patternfly/react-core",
    importNames: [
        "Alert", "AlertActionCloseButton", "Button", "ClipboardCopy", "NavList", "SearchInput", "Spinner", "Tabs",
    ],
    message: "It speaks English to screen readers: take the one of src/components/spoken*.tsx.",
};

export default ts.config(
    { ignores: ["dist/", "node_modules/", "build/"] },
    js.configs.recommended,
    ...ts.configs.strict,
    {
        rules: {
            "max-len": ["error", { code: 120, ignoreUrls: true }],
            "max-lines": ["error", 400],
            "no-console": "error",
            eqeqeq: "error",
            "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
        },
    },
    {
        files: ["src/**/*.{ts,tsx}"],
        ...jsxA11y.flatConfigs.recommended,
    },
    {
        files: ["src/**/*.{ts,tsx}"],
        plugins: { "react-hooks": reactHooks },
        languageOptions: { globals: { cockpit: "readonly", window: "readonly", document: "readonly" } },
        rules: {
            "react-hooks/rules-of-hooks": "error",
            "react-hooks/exhaustive-deps": "error",
            // A dialog puts the cursor into its first field: that is what a person expects there.
            "jsx-a11y/no-autofocus": "off",
            "no-restricted-imports": ["error", { paths: [spoken] }],
            "no-restricted-properties": ["error", { property: "dangerouslySetInnerHTML" }],
        },
    },
    {
        files: ["src/**/*.{ts,tsx}"],
        ignores: ["src/api/**"],
        rules: { "no-restricted-syntax": ["error", cockpitOnlyInApi] },
    },
    {
        files: ["*.js", "scripts/*.js"],
        languageOptions: {
            globals: {
                clearTimeout: "readonly",
                console: "readonly",
                process: "readonly",
                setTimeout: "readonly",
                URL: "readonly",
            },
        },
        rules: { "no-console": "off" },
    },
);
