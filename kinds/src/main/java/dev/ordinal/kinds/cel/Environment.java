package dev.ordinal.kinds.cel;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OptionalType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.extensions.CelStringExtensions;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import dev.cel.runtime.CelStandardFunctions;
import dev.cel.runtime.RuntimeHelpers;
import dev.cel.runtime.standard.AddOperator.AddOverload;
import dev.cel.runtime.standard.CelStandardOverload;
import dev.cel.runtime.standard.EqualsOperator.EqualsOverload;
import dev.cel.runtime.standard.NotEqualsOperator.NotEqualsOverload;
import dev.cel.validator.CelValidator;
import dev.cel.validator.CelValidatorFactory;
import dev.cel.validator.validators.DurationLiteralValidator;
import dev.cel.validator.validators.HomogeneousLiteralValidator;
import dev.cel.validator.validators.RegexLiteralValidator;
import dev.cel.validator.validators.TimestampLiteralValidator;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// Compiles expressions about the values of one schema.
///
/// @see "upstream: apiserver/pkg/cel/environment/base.go for what there is"
public final class Environment {
    static final String SELF = "self";
    static final String OLD_SELF = "oldSelf";

    private static final CelOptions OPTIONS =
            CelOptions.current()
                    .enableHeterogeneousNumericComparisons(true)
                    .comprehensionMaxIterations((int) Budget.CALL_MAX)
                    .build();
    private static final Set<CelStringExtensions.Function> STRINGS =
            EnumSet.complementOf(
                    EnumSet.of(
                            CelStringExtensions.Function.REPLACE,
                            CelStringExtensions.Function.REVERSE));
    private static final Functions LISTS = ListFunctions.all();
    private static final Functions TEXTS = TextFunctions.all();
    private static final CelCompiler COMPILER = compiler();
    private static final CelRuntime RUNTIME = runtime();

    private final Declared self;
    private final CelCompiler plain;
    private final CelCompiler optional;

    /// @param types with a type for self
    public Environment(SchemaTypes types) {
        self = types.self().orElseThrow();
        plain = compiler(types, self.type());
        optional = compiler(types, OptionalType.create(self.type()));
    }

    /// What came of compiling.
    public sealed interface Compiled {
        record Ready(Expression expression) implements Compiled {}

        record Wrong(String why) implements Compiled {}
    }

    /// @param optionalOldSelf the old value is an optional one
    public Compiled rule(String source, boolean optionalOldSelf) {
        return compile(source, optionalOldSelf, SimpleType.BOOL, "", "cel expression");
    }

    /// @param optionalOldSelf the old value is an optional one
    public Compiled message(String source, boolean optionalOldSelf) {
        return compile(
                source,
                optionalOldSelf,
                SimpleType.STRING,
                "messageExpression ",
                "messageExpression");
    }

    private Compiled compile(
            String source, boolean optionalOldSelf, CelType wanted, String what, String name) {
        try {
            var compiler = optionalOldSelf ? optional : plain;
            var tree = compiler.compile(source).getAst();
            if (!tree.getResultType().equals(wanted)) {
                var type = wanted.equals(SimpleType.BOOL) ? "bool" : "string";
                return new Compiled.Wrong("%s must evaluate to a %s".formatted(name, type));
            }
            validator(compiler).validate(tree).getAst();
            return new Compiled.Ready(
                    new Expression(RUNTIME.createProgram(tree), self, usesOldSelf(tree)));
        } catch (CelValidationException wrong) {
            return new Compiled.Wrong(what + "compilation failed: " + wrong.getMessage());
        } catch (CelEvaluationException wrong) {
            return new Compiled.Wrong(what + "instantiation failed: " + wrong.getMessage());
        }
    }

    private static boolean usesOldSelf(CelAbstractSyntaxTree tree) {
        return tree.getReferenceMap().values().stream().anyMatch(r -> r.name().equals(OLD_SELF));
    }

    private static CelValidator validator(CelCompiler compiler) {
        return CelValidatorFactory.standardCelValidatorBuilder(compiler, RUNTIME)
                .addAstValidators(
                        DurationLiteralValidator.INSTANCE,
                        TimestampLiteralValidator.INSTANCE,
                        RegexLiteralValidator.INSTANCE,
                        HomogeneousLiteralValidator.newInstance())
                .build();
    }

    private static CelCompiler compiler(SchemaTypes types, CelType oldSelf) {
        return COMPILER.toCompilerBuilder()
                .setTypeProvider(types.provider())
                .addVar(SELF, types.self().orElseThrow().type())
                .addVar(OLD_SELF, oldSelf)
                .build();
    }

    private static CelCompiler compiler() {
        return CelCompilerFactory.standardCelCompilerBuilder()
                .setOptions(OPTIONS)
                .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                .addLibraries(
                        CelExtensions.optional(),
                        CelExtensions.strings(STRINGS),
                        CelExtensions.sets(OPTIONS),
                        CelExtensions.lists(),
                        CelExtensions.comprehensions(),
                        LISTS,
                        TEXTS)
                .build();
    }

    /// The library's own words for what is equal and what a sum of lists is give way to ours.
    private static CelRuntime runtime() {
        Set<CelStandardOverload> ours =
                Set.of(EqualsOverload.EQUALS, NotEqualsOverload.NOT_EQUALS, AddOverload.ADD_LIST);
        var standard =
                CelStandardFunctions.newBuilder()
                        .filterFunctions((_, overload) -> !ours.contains(overload))
                        .build();
        return CelRuntimeFactory.legacyCelRuntimeBuilder()
                .setOptions(OPTIONS)
                .setStandardEnvironmentEnabled(false)
                .setStandardFunctions(standard)
                .addLibraries(
                        CelExtensions.optional(),
                        CelExtensions.strings(STRINGS),
                        CelExtensions.sets(OPTIONS),
                        CelExtensions.lists(),
                        CelExtensions.comprehensions(),
                        LISTS,
                        TEXTS)
                .addFunctionBindings(
                        CelFunctionBinding.from(
                                "equals", Object.class, Object.class, Equality::same),
                        CelFunctionBinding.from(
                                "not_equals",
                                Object.class,
                                Object.class,
                                (one, other) -> !Equality.same(one, other)),
                        CelFunctionBinding.from(
                                "add_list", List.class, List.class, Environment::add))
                .build();
    }

    @SuppressWarnings("unchecked") // lists of values
    private static Object add(List<?> one, List<?> other) {
        return one instanceof ListView view
                ? view.plus(other)
                : RuntimeHelpers.concat((List<Object>) one, (List<Object>) other);
    }
}
