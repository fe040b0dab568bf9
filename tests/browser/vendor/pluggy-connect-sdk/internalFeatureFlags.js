"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.isInternalFeatureEnabled = void 0;
/**
 * Internal (Pluggy-side) feature flags: decide which clientId is allowed to use
 * a given gated widget configuration - separate from the configuration itself,
 * which the integrator controls (see e.g. `wideDesktopModal` in PluggyConnectProps).
 * Hardcoded for now; if this ever needs to get more sophisticated (DB-backed,
 * Amplitude, etc.) only this function's internals should need to change.
 */
// Partial, not Record: an unlisted flagKey must type-check as `undefined`, not
// silently widen to `string[]` (TS's plain Record indexing lies about every key
// always being present, which then makes `?.`/`??` below look "unnecessary").
const INTERNAL_FEATURE_FLAGS = {
    'wide-desktop-modal': [
        'b098040b-5ed1-4359-b364-c821ea91fb8d',
        '27058e29-2662-43b3-9dde-55bb4e821c34',
    ],
};
function isInternalFeatureEnabled(flagKey, clientId) {
    var _a, _b;
    if (!clientId) {
        return false;
    }
    return (_b = (_a = INTERNAL_FEATURE_FLAGS[flagKey]) === null || _a === void 0 ? void 0 : _a.includes(clientId)) !== null && _b !== void 0 ? _b : false;
}
exports.isInternalFeatureEnabled = isInternalFeatureEnabled;
