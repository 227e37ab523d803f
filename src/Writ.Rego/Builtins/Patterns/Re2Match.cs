using System.Text.RegularExpressions;

namespace Writ.Rego.Builtins.Patterns;

/// <summary>Where an expression matched. The automaton may have seen stand-ins: words are the text's own.</summary>
internal readonly record struct Re2Match(string Text, Match Found)
{
    public int Index => Found.Index;

    public int End => Found.Index + Found.Length;

    public string Value => Text[Index..End];

    /// <summary>What a group matched, empty where it did not.</summary>
    public string Group(int number) => Found.Groups[number] is { Success: true } group
        ? Text.Substring(group.Index, group.Length)
        : "";
}
