package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.node.image.Image;
import dev.ordinal.node.pod.Machine.CannotStartException;
import dev.ordinal.node.runtime.User;

import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// Who a container runs as: its security context over the pod's over the image's user.
///
/// @param home of the user as the image has it, else `/`
record PodUsers(User user, String home) {
    private static final Pattern NUMBER = Pattern.compile("\\d{1,10}");

    private record Account(long uid, long gid, String home) {}

    static PodUsers of(JsonNode pod, JsonNode container, Image image) throws CannotStartException {
        var own = container.path("securityContext");
        var shared = pod.at("/spec/securityContext");
        var asked = either(own, shared, "runAsUser");
        var imageUser = image.config().user();
        int colon = imageUser.indexOf(':');
        var name = colon < 0 ? imageUser : imageUser.substring(0, colon);
        if (asked.isNumber()) name = asked.asText();
        checkNonRoot(pod, container, asked, name, either(own, shared, "runAsNonRoot").asBoolean());
        if (name.isEmpty()) name = "0";
        var account = account(image, name);
        if (account.isEmpty() && !NUMBER.matcher(name).matches()) {
            throw new CannotStartException(
                    "CreateContainerError",
                    "unable to find user %s: no matching entries in passwd file".formatted(name));
        }
        long uid = account.isPresent() ? account.get().uid() : Long.parseLong(name);
        long gid = account.map(Account::gid).orElse(0L);
        var group = either(own, shared, "runAsGroup");
        if (group.isNumber()) gid = group.asLong();
        else if (colon >= 0 && !asked.isNumber())
            gid = group(image, imageUser.substring(colon + 1));
        Set<Long> groups = new LinkedHashSet<>();
        if (!shared.path("supplementalGroupsPolicy").asText().equals("Strict"))
            groups.addAll(groupsOf(image, uid));
        shared.path("supplementalGroups").forEach(g -> groups.add(g.asLong()));
        if (shared.has("fsGroup")) groups.add(shared.path("fsGroup").asLong());
        return new PodUsers(
                new User(uid, gid, List.copyOf(groups)), account.map(Account::home).orElse("/"));
    }

    private static JsonNode either(JsonNode own, JsonNode shared, String field) {
        return own.has(field) ? own.path(field) : shared.path(field);
    }

    private static void checkNonRoot(
            JsonNode pod, JsonNode container, JsonNode asked, String name, boolean nonRoot)
            throws CannotStartException {
        if (!nonRoot) return;
        var which =
                "(pod: \"%s_%s(%s)\", container: %s)"
                        .formatted(
                                pod.at("/metadata/name").asText(),
                                pod.at("/metadata/namespace").asText(),
                                pod.at("/metadata/uid").asText(),
                                container.path("name").asText());
        if (asked.isNumber()) {
            if (asked.asLong() != 0) return;
            throw new CannotStartException(
                    "CreateContainerConfigError",
                    "container's runAsUser breaks non-root policy " + which);
        }
        if (name.isEmpty() || name.equals("0") || name.equals("root")) {
            throw new CannotStartException(
                    "CreateContainerConfigError",
                    "container has runAsNonRoot and image will run as root " + which);
        }
        if (!NUMBER.matcher(name).matches()) {
            throw new CannotStartException(
                    "CreateContainerConfigError",
                    "container has runAsNonRoot and image has non-numeric user (%s), cannot verify user is non-root %s"
                            .formatted(name, which));
        }
    }

    private static Optional<Account> account(Image image, String name) {
        for (var fields : lines(image, "etc/passwd")) {
            if (fields.size() < 6) continue;
            if (fields.get(0).equals(name) || fields.get(2).equals(name)) {
                if (!NUMBER.matcher(fields.get(2)).matches()
                        || !NUMBER.matcher(fields.get(3)).matches()) continue;
                var home = fields.get(5);
                return Optional.of(
                        new Account(
                                Long.parseLong(fields.get(2)),
                                Long.parseLong(fields.get(3)),
                                home.isEmpty() ? "/" : home));
            }
        }
        return Optional.empty();
    }

    private static long group(Image image, String name) throws CannotStartException {
        if (NUMBER.matcher(name).matches()) return Long.parseLong(name);
        for (var fields : lines(image, "etc/group")) {
            if (fields.size() > 2
                    && fields.get(0).equals(name)
                    && NUMBER.matcher(fields.get(2)).matches())
                return Long.parseLong(fields.get(2));
        }
        throw new CannotStartException(
                "CreateContainerError",
                "unable to find group %s: no matching entries in group file".formatted(name));
    }

    private static List<Long> groupsOf(Image image, long uid) {
        var names =
                lines(image, "etc/passwd").stream()
                        .filter(f -> f.size() > 2 && f.get(2).equals(Long.toString(uid)))
                        .map(List::getFirst)
                        .toList();
        return lines(image, "etc/group").stream()
                .filter(f -> f.size() > 3 && NUMBER.matcher(f.get(2)).matches())
                .filter(f -> List.of(f.get(3).split(",", -1)).stream().anyMatch(names::contains))
                .map(f -> Long.parseLong(f.get(2)))
                .toList();
    }

    private static List<List<String>> lines(Image image, String file) {
        return image.file(file)
                .map(
                        path -> {
                            try {
                                return Files.readAllLines(path).stream()
                                        .map(line -> List.of(line.split(":", -1)))
                                        .toList();
                            } catch (IOException _) {
                                return List.<List<String>>of();
                            }
                        })
                .map(Objects::requireNonNull)
                .orElse(List.of());
    }
}
