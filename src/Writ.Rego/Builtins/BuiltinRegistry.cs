using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Writ.Rego.Builtins.Crypto;
using Writ.Rego.Builtins.Documents;
using Writ.Rego.Builtins.Encoding;
using Writ.Rego.Builtins.GraphQl;
using Writ.Rego.Builtins.Net;
using Writ.Rego.Builtins.Patterns;
using Writ.Rego.Builtins.Schemas;
using Writ.Rego.Builtins.Templates;
using Writ.Rego.Builtins.Text;
using Writ.Rego.Builtins.Time;

namespace Writ.Rego.Builtins;

/// <summary>The built-ins that a policy may call, by name. Immutable: adding gives another registry.</summary>
public sealed class BuiltinRegistry
{
    private readonly FrozenDictionary<string, Builtin> _builtins;

    private BuiltinRegistry(IEnumerable<Builtin> builtins) =>
        _builtins = builtins.ToFrozenDictionary(builtin => builtin.Name, StringComparer.Ordinal);

    /// <summary>The language's own library.</summary>
    public static BuiltinRegistry Standard { get; } = new(
    [
        .. ComparisonBuiltins.All, .. ArithmeticBuiltins.All, .. AggregateBuiltins.All, .. ArrayBuiltins.All,
        .. SetBuiltins.All, .. ObjectBuiltins.All, .. TypeBuiltins.All, .. BitBuiltins.All,
        .. StringBuiltins.All, .. TrimBuiltins.All, .. RegexBuiltins.All, .. GlobBuiltins.All,
        .. TimeBuiltins.All, .. CidrBuiltins.All, .. UriBuiltins.All, .. UnitBuiltins.All,
        .. SemverBuiltins.All, .. UuidBuiltins.All, .. GraphBuiltins.All, .. EncodingBuiltins.All,
        .. RuntimeBuiltins.All, .. JsonBuiltins.All,
        .. HashBuiltins.All, .. JwtBuiltins.All, .. X509Builtins.All, .. AwsBuiltins.All, .. YamlBuiltins.All,
        .. GraphQlBuiltins.All, .. SchemaBuiltins.All, .. TemplateBuiltins.All, .. RegoBuiltins.All,
    ]);

    /// <summary>All of them, in no order.</summary>
    public IReadOnlyList<Builtin> All => _builtins.Values;

    /// <summary>The built-in of a name.</summary>
    public bool TryGet(string name, [NotNullWhen(true)] out Builtin? builtin) =>
        _builtins.TryGetValue(name, out builtin);

    /// <summary>A registry with further built-ins, which replace those of the same name.</summary>
    public BuiltinRegistry With(params IEnumerable<Builtin> builtins)
    {
        var added = builtins.ToDictionary(builtin => builtin.Name, StringComparer.Ordinal);
        return new(All.Where(builtin => !added.ContainsKey(builtin.Name)).Concat(added.Values));
    }

    /// <summary>A registry without some of them: policies that call these do not compile.</summary>
    public BuiltinRegistry Without(params IEnumerable<string> names)
    {
        var gone = names.ToHashSet(StringComparer.Ordinal);
        return new(All.Where(builtin => !gone.Contains(builtin.Name)));
    }
}
