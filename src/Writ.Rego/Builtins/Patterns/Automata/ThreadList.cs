namespace Writ.Rego.Builtins.Patterns.Automata;

/// <summary>
/// Steps in the order in which they count, each once, with the slots of the way that led to it. Whether one is there is
/// known without looking at the others, and the list is emptied at once (Briggs and Torczon's sparse set).
/// </summary>
internal sealed class ThreadList(int size)
{
    private readonly int[] _steps = new int[size];
    private readonly int[] _places = new int[size];
    private readonly int[]?[] _slots = new int[]?[size];

    public int Count { get; private set; }

    public int this[int index] => _steps[index];

    public bool TryAdd(int step)
    {
        var place = _places[step];
        if (place < Count && _steps[place] == step)
        {
            return false;
        }

        _places[step] = Count;
        _steps[Count] = step;
        _slots[Count++] = null;
        return true;
    }

    /// <summary>The slots of a step; null of one that takes nothing itself.</summary>
    public ref int[]? SlotsOf(int index) => ref _slots[index];

    public void Clear() => Count = 0;
}
