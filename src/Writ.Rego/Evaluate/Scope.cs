using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>The world that a query sees: <c>with</c> makes another one for a while, with memories of its own.</summary>
internal sealed class Scope(Scope? parent, RegoValue? input, RegoValue data, int groups)
{
    private readonly RegoValue?[] _documents = new RegoValue?[groups];
    private Dictionary<CallKey, RegoValue>? _calls;

    public Scope? Parent => parent;

    public RegoValue? Input { get; set; } = input;

    /// <summary>The base documents, with what <c>with</c> put in their place.</summary>
    public RegoValue Data { get; set; } = data;

    /// <summary>Where <c>with</c> hides rules; null when nowhere.</summary>
    public Overlay? Overlay { get; set; }

    /// <summary>What is called instead of a function: a value, a built-in or a group of rules.</summary>
    public Dictionary<object, object>? Mocks { get; set; }

    public ref RegoValue? Document(int group) => ref _documents[group];

    public bool TryRecall(in CallKey key, out RegoValue? result)
    {
        result = null;
        return _calls is not null && _calls.TryGetValue(key, out result);
    }

    public void Remember(in CallKey key, RegoValue result) => (_calls ??= [])[key] = result;

    /// <summary>The same world again, to be changed.</summary>
    public Scope Enter(bool keepsMocks = true) => new(this, Input, Data, groups)
    {
        Overlay = Overlay,
        Mocks = keepsMocks ? Mocks : null,
    };
}
