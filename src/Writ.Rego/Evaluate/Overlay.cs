using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>
/// The places below <c>data</c> that <c>with</c> replaced: no rule at or below them speaks. Immutable.
/// </summary>
internal sealed class Overlay
{
    private readonly Dictionary<RegoValue, Overlay> _below = [];

    private bool _isReplaced;

    public static Overlay Add(Overlay? overlay, ReadOnlySpan<RegoValue> path)
    {
        var copy = new Overlay { _isReplaced = path.IsEmpty || overlay?._isReplaced == true };
        foreach (var (key, below) in overlay?._below ?? [])
        {
            copy._below.Add(key, below);
        }

        if (!path.IsEmpty)
            copy._below[path[0]] = Add(copy._below.GetValueOrDefault(path[0]), path[1..]);
        return copy;
    }

    /// <summary>Whether a place, or one above it, is replaced.</summary>
    public bool Hides(ReadOnlySpan<RegoValue> path)
    {
        var overlay = this;
        foreach (var key in path)
        {
            if (overlay._isReplaced)
                return true;
            if (!overlay._below.TryGetValue(key, out var below))
                return false;
            overlay = below;
        }

        return overlay._isReplaced;
    }
}
