using Writ.Rego.Types;

namespace Writ.Rego.Compile;

/// <summary>The types of a body's variables, and where to tell of mistakes; nowhere when that is null.</summary>
internal sealed class TypeScope(Diagnostics? problems, TypeScope? outer = null)
{
    private readonly Dictionary<string, RegoType> _types = new(StringComparer.Ordinal);

    public Diagnostics? Problems => problems;

    public RegoType Find(string name) =>
        _types.TryGetValue(name, out var type) ? type : outer?.Find(name) ?? RegoType.Anything;

    public void Bind(string name, RegoType type)
    {
        if (Find(name) is RegoType.Any { Of.Count: 0 })
            _types[name] = type;
    }
}
