namespace Writ.Rego.Builtins.Patterns;

/// <summary>Where an expression matched.</summary>
/// <param name="Text">The text.</param>
/// <param name="Slots">Where the match begins and ends, and each group that was asked for; -1 where it did not.</param>
internal readonly record struct Re2Match(string Text, int[] Slots)
{
    public int Index => Slots[0];

    public int End => Slots[1];

    public string Value => Text[Index..End];

    /// <summary>What a group matched, empty where it did not.</summary>
    public string Group(int number) =>
        Slots[(number * 2) + 1] >= 0 ? Text[Slots[number * 2]..Slots[(number * 2) + 1]] : "";
}
