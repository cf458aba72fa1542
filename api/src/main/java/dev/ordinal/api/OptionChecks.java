package dev.ordinal.api;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.Api.Patch;
import dev.ordinal.api.Api.WatchOptions;
import dev.ordinal.api.Api.WriteOptions;

import java.nio.charset.StandardCharsets;
import java.util.List;

/// Refuses options that contradict themselves, in upstream's words.
public final class OptionChecks {
    private static final int MANAGER_MAX = 128;

    private OptionChecks() {}

    static void check(String type, WriteOptions options) {
        var problems = new Problems();
        checkWrite(options, problems);
        refuse(type, problems);
    }

    static void checkPatch(Patch patch, WriteOptions options) {
        var problems = new Problems();
        boolean apply = patch.mediaType().equals(Patch.APPLY);
        if (apply && options.fieldManager().isEmpty()) {
            problems.at("fieldManager").required("is required for apply patch");
        }
        if (!apply && options.force()) {
            problems.at("force").forbidden("may not be specified for non-apply patch");
        }
        checkWrite(options, problems);
        refuse("PatchOptions", problems);
    }

    /// @param type whose options they are
    /// @throws ApiException Invalid
    public static void checkDryRun(String type, JsonNode values) {
        var problems = new Problems();
        for (var value : values) {
            if (!value.asText().equals("All")) {
                problems.at("dryRun").notSupported(values, List.of("All"));
                break;
            }
        }
        refuse(type, problems);
    }

    private static void checkWrite(WriteOptions options, Problems problems) {
        var manager = options.fieldManager();
        if (manager.getBytes(StandardCharsets.UTF_8).length > MANAGER_MAX) {
            problems.at("fieldManager").tooLong("may not be more than 128 bytes");
        }
        for (int i = 0; i < manager.length(); i++) {
            if (Character.isISOControl(manager.charAt(i))) {
                problems.at("fieldManager")
                        .invalid(
                                manager,
                                "invalid character U+%04X (at position %d)"
                                        .formatted((int) manager.charAt(i), i));
                break;
            }
        }
        if (!List.of("", "Ignore", "Strict", "Warn").contains(options.fieldValidation())) {
            problems.at("fieldValidation")
                    .notSupported(
                            options.fieldValidation(), List.of("", "Ignore", "Strict", "Warn"));
        }
    }

    static void check(DeleteOptions options) {
        var problems = new Problems();
        var policy = options.propagationPolicy();
        if (!List.of("", "Foreground", "Background", "Orphan").contains(policy)) {
            problems.at("propagationPolicy")
                    .notSupported(policy, List.of("Foreground", "Background", "Orphan", "nil"));
        }
        if (!policy.isEmpty() && options.orphanDependents() != null) {
            problems.at("propagationPolicy")
                    .invalid(policy, "orphanDependents and deletionPropagation cannot be both set");
        }
        refuse("DeleteOptions", problems);
    }

    static void check(ListOptions options) {
        var problems = new Problems();
        var match = options.resourceVersionMatch();
        var at = problems.at("resourceVersionMatch");
        if (!match.isEmpty()) {
            if (options.resourceVersion().isEmpty()) {
                at.forbidden(
                        "resourceVersionMatch is forbidden unless resourceVersion is provided");
            }
            if (!options.continueToken().isEmpty()) {
                at.forbidden("resourceVersionMatch is forbidden when continue is provided");
            }
            checkMatch(match, at);
            if (match.equals("Exact") && options.resourceVersion().equals("0")) {
                at.forbidden(
                        "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"");
            }
        }
        if (options.sendInitialEvents()) {
            problems.at("sendInitialEvents").forbidden("sendInitialEvents is forbidden for list");
        }
        refuse("ListOptions", problems);
    }

    static void check(WatchOptions options) {
        var problems = new Problems();
        var at = problems.at("resourceVersionMatch");
        var match = options.resourceVersionMatch();
        if (options.sendInitialEvents() == null) {
            if (!match.isEmpty()) {
                at.forbidden(
                        "resourceVersionMatch is forbidden for watch unless sendInitialEvents is"
                                + " provided");
            }
        } else if (!match.equals("NotOlderThan")) {
            at.forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        }
        refuse("ListOptions", problems);
    }

    private static void checkMatch(String match, Problems at) {
        if (!List.of("Exact", "NotOlderThan").contains(match)) {
            at.notSupported(match, List.of("Exact", "NotOlderThan", ""));
        }
    }

    private static void refuse(String type, Problems problems) {
        if (!problems.isEmpty()) throw problems.invalid(type, "meta.k8s.io", "");
    }
}
