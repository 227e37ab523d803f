using Writ.Rego.Values;

namespace Writ.Rego.Syntax;

/// <summary>
/// The words of all modules that one compiler reads: the same object for the same word. Policies say the same few words
/// again and again, and what lives while a policy is compiled is copied by the collector.
/// </summary>
internal sealed class WordTable
{
    private readonly Dictionary<string, RegoString> _words;
    private readonly Dictionary<string, RegoString>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    public WordTable()
    {
        _words = new(StringComparer.Ordinal);
        _bySpan = _words.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public RegoString Find(ReadOnlySpan<char> text)
    {
        if (_bySpan.TryGetValue(text, out var word))
            return word;
        word = RegoString.Of(text.ToString());
        _words.Add(word.Value, word);
        return word;
    }
}
