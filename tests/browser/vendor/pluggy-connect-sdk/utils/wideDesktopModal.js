"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.isWideDesktopModalEnabled = void 0;
const jwt_decode_1 = require("jwt-decode");
const internalFeatureFlags_1 = require("../internalFeatureFlags");
const WIDE_DESKTOP_MODAL_FLAG_KEY = 'wide-desktop-modal';
/**
 * Resolves whether the wide desktop modal should be applied: requires both the
 * integrator's own `wideDesktopModal` configuration AND the connectToken's
 * clientId being on the internal feature flag allowlist (see internalFeatureFlags.ts).
 * Returns `false` if the token is missing/invalid or the configuration wasn't requested.
 */
function isWideDesktopModalEnabled(connectToken, wideDesktopModalConfig) {
    if (!connectToken || wideDesktopModalConfig !== true) {
        return false;
    }
    try {
        const { clientId } = jwt_decode_1.jwtDecode(connectToken);
        return internalFeatureFlags_1.isInternalFeatureEnabled(WIDE_DESKTOP_MODAL_FLAG_KEY, clientId);
    }
    catch (_a) {
        return false;
    }
}
exports.isWideDesktopModalEnabled = isWideDesktopModalEnabled;
