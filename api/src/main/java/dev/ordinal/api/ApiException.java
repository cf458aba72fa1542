package dev.ordinal.api;

/// A refused request: carries the [Status] the client will read.
///
/// The named constructors that build each upstream text live here, one per reason.
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Status status;

    public ApiException(Status status) {
        super(status.message());
        this.status = status;
    }

    public Status status() {
        return status;
    }

    public int code() {
        return status.code();
    }

    public boolean is(String reason) {
        return status.reason().equals(reason);
    }

    public static ApiException notFound(GroupVersionResource type, String name) {
        return new ApiException(
                new Status(
                        404,
                        "NotFound",
                        "%s %s not found".formatted(type.groupResource(), Problems.quote(name)),
                        Status.Details.of(name, type.group(), type.resource())));
    }

    /// The path leads to no resource.
    public static ApiException resourceNotFound() {
        return new ApiException(
                new Status(
                        404,
                        "NotFound",
                        "the server could not find the requested resource",
                        Status.Details.empty()));
    }

    public static ApiException alreadyExists(GroupVersionResource type, String name) {
        return new ApiException(
                new Status(
                        409,
                        "AlreadyExists",
                        "%s \"%s\" already exists".formatted(type.groupResource(), name),
                        Status.Details.of(name, type.group(), type.resource())));
    }

    public static ApiException conflict(GroupVersionResource type, String name, String why) {
        return new ApiException(
                new Status(
                        409,
                        "Conflict",
                        "Operation cannot be fulfilled on %s \"%s\": %s"
                                .formatted(type.groupResource(), name, why),
                        Status.Details.of(name, type.group(), type.resource())));
    }

    public static ApiException forbidden(GroupVersionResource type, String name, String why) {
        return new ApiException(
                new Status(
                        403,
                        "Forbidden",
                        "%s \"%s\" is forbidden: %s".formatted(type.groupResource(), name, why),
                        Status.Details.of(name, type.group(), type.resource())));
    }

    /// @param action the verb: `create`
    public static ApiException methodNotAllowed(GroupVersionResource type, String action) {
        return new ApiException(
                new Status(
                        405,
                        "MethodNotAllowed",
                        "%s is not supported on resources of kind \"%s\""
                                .formatted(action, type.groupResource()),
                        Status.Details.of("", type.group(), type.resource())));
    }

    public static ApiException badRequest(String message) {
        return new ApiException(new Status(400, "BadRequest", message, null));
    }

    public static ApiException internal(String message) {
        return new ApiException(
                new Status(
                        500,
                        "InternalError",
                        "Internal error occurred: " + message,
                        new Status.Details(
                                "",
                                "",
                                "",
                                "",
                                java.util.List.of(new Status.Cause("", message, "")),
                                0)));
    }
}
