package dev.ordinal.kinds.cel;

import com.google.common.collect.ImmutableList;

import dev.cel.checker.CelCheckerBuilder;
import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.types.CelType;
import dev.cel.compiler.CelCompilerLibrary;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelFunctionOverload;
import dev.cel.runtime.CelRuntimeBuilder;
import dev.cel.runtime.CelRuntimeLibrary;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Functions of our own: what the checker has to know of them, and what they do.
final class Functions implements CelCompilerLibrary, CelRuntimeLibrary {
    private final Map<String, List<CelOverloadDecl>> declared = new LinkedHashMap<>();
    private final List<CelFunctionBinding> bindings = new ArrayList<>();

    /// @param classes of the arguments, the first of which is what the function is called on
    Functions member(
            String name,
            String id,
            CelType result,
            List<CelType> types,
            List<Class<?>> classes,
            CelFunctionOverload body) {
        declared.computeIfAbsent(name, _ -> new ArrayList<>())
                .add(CelOverloadDecl.newMemberOverload(id, result, types));
        bindings.add(CelFunctionBinding.from(id, ImmutableList.copyOf(classes), body));
        return this;
    }

    @Override
    public void setCheckerOptions(CelCheckerBuilder checker) {
        declared.forEach(
                (name, overloads) ->
                        checker.addFunctionDeclarations(
                                CelFunctionDecl.newFunctionDeclaration(name, overloads)));
    }

    @Override
    public void setRuntimeOptions(CelRuntimeBuilder runtime) {
        runtime.addFunctionBindings(bindings);
    }
}
