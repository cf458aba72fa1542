package dev.ordinal.kinds.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Problems;
import dev.ordinal.api.Quantity;
import dev.ordinal.kinds.Checks;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What the volumes of a pod must look like.
///
/// @see "upstream: pkg/apis/core/validation, ValidateVolumes"
final class VolumeRules {
    private static final long TOKEN_SECONDS_MIN = 600;
    private static final long TOKEN_SECONDS_MAX = 1L << 32;
    private static final int MODE_MAX = 0777;
    private static final List<String> HOST_PATH_TYPES =
            List.of(
                    "",
                    "BlockDevice",
                    "CharDevice",
                    "Directory",
                    "DirectoryOrCreate",
                    "File",
                    "FileOrCreate",
                    "Socket");

    private VolumeRules() {}

    /// @param names of all volumes so far
    static void check(JsonNode volume, Set<String> names, Problems at) {
        var name = volume.path("name").asText();
        if (name.isEmpty()) at.at("name").required("");
        else {
            Checks.label(name, at.at("name"));
            if (!names.add(name)) at.at("name").duplicate(name);
        }
        if (volume.size() < 2) at.required("must specify a volume type");
        if (volume.size() > 2) {
            int seen = 0;
            for (var source : volume.properties()) {
                if (source.getKey().equals("name") || seen++ == 0) continue;
                at.at(source.getKey()).forbidden("may not specify more than 1 volume type");
            }
            return;
        }
        require(volume, "configMap", "name", at);
        require(volume, "secret", "secretName", at);
        require(volume, "persistentVolumeClaim", "claimName", at);
        for (var source : List.of("configMap", "secret")) {
            checkItems(volume.path(source), at.at(source));
        }
        checkMode(volume.at("/downwardAPI/defaultMode"), at.at("downwardAPI").at("defaultMode"));
        checkDownward(volume.at("/downwardAPI/items"), at.at("downwardAPI"));
        if (volume.has("hostPath")) checkHostPath(volume.path("hostPath"), at.at("hostPath"));
        var limit = Quantity.parse(volume.at("/emptyDir/sizeLimit").asText());
        if (limit.isPresent() && limit.get().value().signum() < 0) {
            at.at("emptyDir")
                    .at("sizeLimit")
                    .forbidden("SizeLimit field must be a valid resource quantity");
        }
        if (volume.has("projected")) checkProjected(volume.path("projected"), at.at("projected"));
    }

    private static void require(JsonNode volume, String source, String field, Problems at) {
        if (volume.has(source) && volume.path(source).path(field).asText().isEmpty()) {
            at.at(source).at(field).required("");
        }
    }

    private static void checkMode(JsonNode mode, Problems at) {
        if (!mode.isNumber() || (mode.asInt() >= 0 && mode.asInt() <= MODE_MAX)) return;
        at.invalid(mode, "must be a number between 0 and 0777 (octal), both inclusive");
    }

    private static void checkItems(JsonNode source, Problems at) {
        checkMode(source.path("defaultMode"), at.at("defaultMode"));
        for (int i = 0; i < source.path("items").size(); i++) {
            var item = source.path("items").get(i);
            var place = at.at("items").at(i);
            if (item.path("key").asText().isEmpty()) place.at("key").required("");
            checkPath(item.path("path").asText(), place.at("path"));
            checkMode(item.path("mode"), place.at("mode"));
        }
    }

    private static void checkPath(String path, Problems at) {
        if (path.isEmpty()) at.required("");
        for (var fault : EnvironmentRules.faultsOfPath(path)) at.invalid(path, fault);
    }

    private static void checkDownward(JsonNode items, Problems at) {
        for (var item : items) {
            checkPath(item.path("path").asText(), at.at("path"));
            if (item.has("fieldRef")) {
                EnvironmentRules.checkFileField(item.path("fieldRef"), at.at("fieldRef"));
                if (item.has("resourceFieldRef")) {
                    at.invalid(
                            "resource",
                            "fieldRef and resourceFieldRef can not be specified simultaneously");
                }
            } else if (item.has("resourceFieldRef")) {
                var reference = item.path("resourceFieldRef");
                if (reference.path("containerName").asText().isEmpty()) {
                    at.at("resourceFieldRef").at("containerName").required("");
                } else EnvironmentRules.checkResource(reference, at.at("resourceFieldRef"));
            } else at.required("one of fieldRef and resourceFieldRef is required");
            checkMode(item.path("mode"), at.at("mode"));
        }
    }

    private static void checkHostPath(JsonNode settings, Problems at) {
        var path = settings.path("path").asText();
        if (path.isEmpty()) {
            at.at("path").required("");
            return;
        }
        if (List.of(path.split("/", -1)).contains("..")) {
            at.at("path").invalid(path, "must not contain '..'");
        }
        var type = settings.path("type").asText();
        if (!HOST_PATH_TYPES.contains(type)) at.at("type").notSupported(type, HOST_PATH_TYPES);
    }

    private static void checkProjected(JsonNode projected, Problems at) {
        checkMode(projected.path("defaultMode"), at.at("defaultMode"));
        Set<String> paths = new HashSet<>();
        var sources = projected.path("sources");
        for (int i = 0; i < sources.size(); i++) {
            var source = sources.get(i);
            var place = at.at("sources").at(i);
            for (var type : List.of("secret", "configMap")) {
                checkItems(source.path(type), place.at(type));
                for (var item : source.path(type).path("items")) {
                    var path = item.path("path").asText();
                    if (path.isEmpty() || paths.add(path)) continue;
                    at.invalid(source.path(type).path("name"), "conflicting duplicate paths");
                }
            }
            checkDownward(source.at("/downwardAPI/items"), place.at("downwardAPI"));
            for (var item : source.at("/downwardAPI/items")) {
                var path = item.path("path").asText();
                if (path.isEmpty() || paths.add(path)) continue;
                at.invalid(path, "conflicting duplicate paths");
            }
            var token = source.path("serviceAccountToken");
            if (token.isObject()) checkToken(token, place.at("serviceAccountToken"), at);
        }
    }

    private static void checkToken(JsonNode token, Problems at, Problems projected) {
        var seconds = token.path("expirationSeconds");
        if (seconds.asLong() < TOKEN_SECONDS_MIN) {
            at.at("expirationSeconds")
                    .invalid(seconds, "may not specify a duration less than 10 minutes");
        }
        if (seconds.asLong() > TOKEN_SECONDS_MAX) {
            at.at("expirationSeconds")
                    .invalid(seconds, "may not specify a duration larger than 2^32 seconds");
        }
        checkPath(token.path("path").asText(), projected.at("path"));
    }
}
