using Writ.Rego.Types;

namespace Writ.Rego.Compile;

/// <summary>The types of a branch's variables, as far as they are known where the check has come to.</summary>
internal sealed class TypeScope(int variables)
{
    private readonly RegoType?[] _types = new RegoType?[variables];
    private List<int>? _bound; // most bodies bind nothing of a known type

    /// <summary>Whether mistakes are to be told: not where <c>with</c> puts in what may be of another type.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>A place to go back to when what is bound from here on is bound no more.</summary>
    public int Mark => _bound?.Count ?? 0;

    public RegoType Find(int variable) => _types[variable] ?? RegoType.Anything;

    public void Bind(int variable, RegoType type)
    {
        if (_types[variable] is not null || type is RegoType.Any { Of.Count: 0 })
            return;
        _types[variable] = type;
        (_bound ??= []).Add(variable);
    }

    public void Return(int mark)
    {
        for (var i = mark; i < Mark; i++)
        {
            _types[_bound![i]] = null;
        }

        _bound?.RemoveRange(mark, Mark - mark);
    }
}
