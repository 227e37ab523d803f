using Writ.Rego.Syntax;
using Writ.Rego.Tree;

namespace Writ.Rego.Format;

/// <summary>Rewrites a module of the old syntax so that both syntaxes read it: <c>if</c>, <c>contains</c>,
/// <c>import rego.v1</c>.</summary>
internal static class VersionBridge
{
    public static Module Bridge(Module module)
    {
        var place = new Span(module.Source, module.PackageSpan.End, module.PackageSpan.End);
        var imports = module.Imports.Where(import => import.Root is not ("future" or "rego"))
            .Prepend(new Import("rego", ["v1"], null, place));
        return module with
        {
            Imports = [.. imports],
            Rules = [.. module.Rules.Select(Bridge)],
            Version = RegoVersion.V1,
        };
    }

    private static Rule Bridge(Rule rule)
    {
        var head = rule.Head;
        var form = Bridge(head.Form, head.Value);
        if (head.Element is not null)
            form |= RuleForm.Contains;
        if (head.Element is null && head.Value is null && !form.HasFlag(RuleForm.Body))
        {
            head = head with { Value = new Term.Literal(Values.RegoBoolean.True, default) };
            form |= RuleForm.Assign;
        }

        return rule with
        {
            Head = head with { Form = form },
            Alternatives = [.. rule.Alternatives.Select(
                other => other with { Form = Bridge(other.Form, other.Value) })],
        };
    }

    private static RuleForm Bridge(RuleForm form, Term? value)
    {
        if (form.HasFlag(RuleForm.Body))
            form |= RuleForm.If;
        return value is null ? form : form | RuleForm.Assign;
    }
}
