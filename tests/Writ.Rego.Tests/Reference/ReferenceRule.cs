using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Reference;

/// <summary>A rule with the constant part of its place below <c>data</c>, and what its module's names mean.</summary>
internal sealed record ReferenceRule(Rule Rule, string[] Place, Term[] Rest, ReferenceModule Module)
{
    public bool IsFunction => Rule.Head.Arguments is not null;

    public static ReferenceRule Of(Rule rule, ReferenceModule module)
    {
        var words = rule.Head.Path
            .TakeWhile(part => part is Term.Literal { Value: RegoString })
            .Select(part => ((RegoString)((Term.Literal)part).Value).Value).ToArray();
        return new(rule, [.. module.Package, rule.Head.Name.Name, .. words], rule.Head.Path[words.Length..], module);
    }
}
