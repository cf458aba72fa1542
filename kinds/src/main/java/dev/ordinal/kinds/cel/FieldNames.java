package dev.ordinal.kinds.cel;

import java.util.Optional;
import java.util.Set;

/// How the names of properties are written in expressions.
///
/// @see "upstream: apiserver/pkg/cel/escaping.go"
final class FieldNames {
    private static final Set<String> RESERVED =
            Set.of(
                    "as",
                    "break",
                    "const",
                    "continue",
                    "else",
                    "false",
                    "for",
                    "function",
                    "if",
                    "import",
                    "in",
                    "let",
                    "loop",
                    "namespace",
                    "null",
                    "package",
                    "return",
                    "true",
                    "var",
                    "void",
                    "while");

    private FieldNames() {}

    /// Empty: an expression cannot name the property.
    static Optional<String> escape(String name) {
        if (RESERVED.contains(name)) return Optional.of("__" + name + "__");
        if (!name.matches("[a-zA-Z_./-][a-zA-Z0-9_./-]*")) return Optional.empty();
        return Optional.of(
                name.replace("__", "__underscores__")
                        .replace(".", "__dot__")
                        .replace("-", "__dash__")
                        .replace("/", "__slash__"));
    }
}
