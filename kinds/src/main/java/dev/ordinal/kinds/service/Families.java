package dev.ordinal.kinds.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Problems;
import dev.ordinal.api.Trees;
import dev.ordinal.kinds.Addresses;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// IP families of a Service on a cluster that has IPv4 only.
///
/// @see "upstream: initIPFamilyFields, ValidateServiceClusterIPsRelatedFields"
final class Families {
    private static final String SINGLE = "SingleStack";
    private static final List<String> FAMILIES = List.of("IPv4", "IPv6");
    private static final List<String> POLICIES =
            List.of("PreferDualStack", "RequireDualStack", SINGLE);

    private Families() {}

    /// Decides on the families of a Service before it is given addresses.
    ///
    /// @throws dev.ordinal.api.ApiException `Invalid`: it asks for what cannot be
    static void init(ObjectNode service, @Nullable JsonNode old) {
        if (Services.named(service) || prefersAsBefore(service, old)) return;
        var spec = (ObjectNode) service.path("spec");
        if (!spec.has("ipFamilyPolicy")) spec.put("ipFamilyPolicy", usualPolicy(service, old));
        var problems = new Problems();
        check(service, old, problems.at("spec"));
        refuse(service, problems);
        fit(spec, old, problems.at("spec"));
        refuse(service, problems);
        if (Services.headless(service) && spec.path("selector").isEmpty()) {
            if (spec.path("ipFamilies").isEmpty()) spec.putArray("ipFamilies").add("IPv4");
            addOther(spec);
            return;
        }
        checkConfigured(spec, problems.at("spec"));
        refuse(service, problems);
        if (spec.path("ipFamilies").isEmpty()) spec.putArray("ipFamilies").add("IPv4");
    }

    /// A Service that prefers two families and changes neither them nor its addresses is let alone.
    private static boolean prefersAsBefore(JsonNode service, @Nullable JsonNode old) {
        if (old == null) return false;
        var spec = service.path("spec");
        var before = old.path("spec");
        return Services.type(service).equals(Services.type(old))
                && spec.path("ipFamilyPolicy").asText().equals("PreferDualStack")
                && before.path("ipFamilyPolicy").asText().equals("PreferDualStack")
                && Trees.same(spec.path("clusterIPs"), before.path("clusterIPs"))
                && Trees.same(spec.path("ipFamilies"), before.path("ipFamilies"));
    }

    private static String usualPolicy(JsonNode service, @Nullable JsonNode old) {
        var before = old == null ? "" : old.at("/spec/ipFamilyPolicy").asText();
        if (!before.isEmpty()) return before;
        return Services.headless(service) && service.at("/spec/selector").isEmpty()
                ? "RequireDualStack"
                : SINGLE;
    }

    private static void refuse(JsonNode service, Problems problems) {
        if (problems.isEmpty()) return;
        throw problems.invalid("Service", "", service.at("/metadata/name").asText());
    }

    /// What policy, families and addresses say of each other.
    private static void fit(ObjectNode spec, @Nullable JsonNode old, Problems at) {
        var policy = spec.path("ipFamilyPolicy").asText();
        boolean single = policy.equals(SINGLE);
        if (old != null) {
            for (var field : List.of("clusterIPs", "ipFamilies")) {
                var now = spec.path(field);
                var before = old.path("spec").path(field);
                if (single && now.size() > 1 && Trees.same(now, before)) {
                    spec.putArray(field).add(now.get(0));
                } else if (!single && !now.isEmpty() && now.size() < before.size()) {
                    at.at("ipFamilyPolicy")
                            .invalid(
                                    policy,
                                    "must be 'SingleStack' to release the secondary "
                                            + (field.equals("clusterIPs")
                                                    ? "cluster IP"
                                                    : "IP family"));
                }
            }
        }
        var several = "must be 'RequireDualStack' or 'PreferDualStack' when multiple %s specified";
        if (single && spec.path("clusterIPs").size() == 2) {
            at.at("ipFamilyPolicy").invalid(policy, several.formatted("cluster IPs are"));
        }
        if (single && spec.path("ipFamilies").size() == 2) {
            at.at("ipFamilyPolicy").invalid(policy, several.formatted("IP families are"));
        }
        infer(spec, at);
    }

    /// The families that the addresses are of.
    private static void infer(ObjectNode spec, Problems at) {
        var addresses = spec.path("clusterIPs");
        for (int i = spec.path("ipFamilies").size(); i < addresses.size(); i++) {
            var address = addresses.get(i).asText();
            if (address.equals("None")) return;
            if (isV4(address)) spec.withArrayProperty("ipFamilies").add("IPv4");
            else {
                at.at("clusterIPs")
                        .at(i)
                        .invalid(addresses, "IPv6 is not configured on this cluster");
            }
        }
    }

    private static boolean isV4(String address) {
        return Addresses.parse(address).map(Addresses::isV4).orElse(false);
    }

    /// Who headless pods belong to is not known here, so both families are fine.
    private static void addOther(ObjectNode spec) {
        var families = spec.withArrayProperty("ipFamilies");
        if (families.size() > 1 || spec.path("ipFamilyPolicy").asText().equals(SINGLE)) return;
        families.add(families.get(0).asText().equals("IPv4") ? "IPv6" : "IPv4");
    }

    private static void checkConfigured(JsonNode spec, Problems at) {
        var policy = spec.path("ipFamilyPolicy");
        if (policy.asText().equals("RequireDualStack")) {
            at.at("ipFamilyPolicy")
                    .invalid(policy, "this cluster is not configured for dual-stack services");
        }
        var families = spec.path("ipFamilies");
        for (int i = 0; i < families.size(); i++) {
            if (families.get(i).asText().equals("IPv4")) continue;
            at.at("ipFamilies").at(i).invalid(families.get(i), "not configured on this cluster");
        }
    }

    /// The rules for addresses, families and their policy that hold in any cluster.
    static void check(JsonNode service, @Nullable JsonNode old, Problems at) {
        if (Services.named(service)) return;
        var spec = service.path("spec");
        var addresses = spec.path("clusterIPs");
        var families = spec.path("ipFamilies");
        var address = spec.path("clusterIP").asText();
        if (address.isEmpty()) {
            if (!addresses.isEmpty()) {
                at.at("clusterIPs")
                        .invalid(addresses, "must be empty when `clusterIP` is not specified");
            }
        } else if (addresses.isEmpty()) at.at("clusterIPs").required("");
        else if (!addresses.get(0).asText().equals(address)) {
            at.at("clusterIPs").invalid(addresses, "first value must match `clusterIP`");
        }
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < families.size(); i++) {
            var family = families.get(i).asText();
            var place = at.at("ipFamilies").at(i);
            if (!FAMILIES.contains(family)) place.notSupported(family, FAMILIES);
            if (!seen.add(family)) place.duplicate(family);
        }
        var policy = spec.path("ipFamilyPolicy");
        if (policy.isTextual() && !POLICIES.contains(policy.asText())) {
            at.at("ipFamilyPolicy").notSupported(policy, POLICIES);
        }
        if (!checkEach(addresses, old, at.at("clusterIPs"))) return;
        if (addresses.size() > 1 && !areTwoFamilies(addresses)) {
            at.at("clusterIPs")
                    .invalid(addresses, "may specify no more than one IP for each IP family");
        }
        if (!Services.headless(service)) checkMatch(addresses, families, at.at("clusterIPs"));
    }

    /// @return whether all are addresses, or none is wanted
    private static boolean checkEach(JsonNode addresses, @Nullable JsonNode old, Problems at) {
        List<String> known = new ArrayList<>();
        if (old != null) old.at("/spec/clusterIPs").forEach(ip -> known.add(ip.asText()));
        boolean valid = true;
        for (int i = 0; i < addresses.size(); i++) {
            var address = addresses.get(i).asText();
            if (i == 0 && address.equals("None")) {
                if (addresses.size() == 1) continue;
                valid = false;
                at.invalid(addresses, "'None' must be the first and only value");
            } else valid &= Addresses.check(address, known, at.at(i));
        }
        if (addresses.size() > 2) at.invalid(addresses, "may only hold up to 2 values");
        return valid;
    }

    private static boolean areTwoFamilies(JsonNode addresses) {
        Set<Boolean> families = new HashSet<>();
        addresses.forEach(address -> families.add(isV4(address.asText())));
        return families.size() == 2;
    }

    private static void checkMatch(JsonNode addresses, JsonNode families, Problems at) {
        for (int i = 0; i < Math.min(addresses.size(), families.size()); i++) {
            var family = families.get(i).asText();
            if (!FAMILIES.contains(family)) continue;
            if (family.equals("IPv4") == isV4(addresses.get(i).asText())) continue;
            at.at(i)
                    .invalid(
                            addresses.get(i),
                            "expected an %s value as indicated by `ipFamilies[%d]`"
                                    .formatted(family, i));
        }
    }

    /// What an update may not do to the addresses and families of a Service that has some.
    static void checkUpdate(JsonNode service, JsonNode old, Problems at) {
        if (Services.named(service) || Services.named(old)) return;
        boolean headless = Services.headless(service);
        if (headless && Services.headless(old)) return;
        var addresses = service.at("/spec/clusterIPs");
        var before = old.at("/spec/clusterIPs");
        var first = at.at("clusterIPs").at(0);
        if (addresses.isEmpty() && !before.isEmpty()) {
            first.invalid(NullNode.instance, "primary clusterIP can not be unset");
        } else if (!before.isEmpty() && !addresses.get(0).equals(before.get(0))) {
            first.invalid(addresses, "may not change once set");
        }
        if (headless != Services.headless(old)) return;
        var families = service.at("/spec/ipFamilies");
        var former = old.at("/spec/ipFamilies");
        if (!families.isEmpty() && !former.isEmpty() && !families.get(0).equals(former.get(0))) {
            at.at("ipFamilies").at(0).invalid(families, "may not change once set");
        }
    }
}
