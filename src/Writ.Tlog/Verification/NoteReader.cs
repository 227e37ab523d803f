using System.Runtime.CompilerServices;
using System.Text;

namespace Writ.Tlog;

/// <summary>
/// Reads signed checkpoints that stand one directly behind the other, as a log's history has them: no line of a
/// checkpoint is empty, and none but a signature begins as a signature does, so that nothing has to part them.
/// </summary>
public static class NoteReader
{
    private const string Dash = "\u2014 ";

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>The notes of a stream, in order, in constant memory.</summary>
    /// <exception cref="FormatException">What follows is no note.</exception>
    public static async IAsyncEnumerable<SignedNote> ReadAsync(
        Stream stream, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        using var lines = new BoundedLines(stream);
        var note = new StringBuilder();
        var (isSigned, count) = (false, 0L);
        while (await lines.NextAsync(cancel) is { } line)
        {
            var isSignature = isSigned && line.StartsWith(Dash, StringComparison.Ordinal);
            if (isSigned && !isSignature)
            {
                yield return Parse(note.ToString(), ++count);
                note.Clear();
                isSigned = false;
            }
            isSigned |= line.Length == 0;
            note.Append(line).Append('\n');
            if (note.Length > SignedNote.MaxBytes) throw NoNote(count + 1);
        }
        if (note.Length > 0) yield return Parse(note.ToString(), ++count);
    }

    private static SignedNote Parse(string text, long number) =>
        SignedNote.TryParse(text, out var note) ? note : throw NoNote(number);

    private static FormatException NoNote(long number) => new($"Number {number} is no signed checkpoint.");

    /// <summary>Lines that end with a newline, none longer than a note.</summary>
    private sealed class BoundedLines(Stream stream) : IDisposable
    {
        private readonly byte[] _buffer = new byte[1 << 16];
        private readonly MemoryStream _line = new();
        private int _at;
        private int _end;

        public async ValueTask<string?> NextAsync(CancellationToken cancel)
        {
            _line.SetLength(0);
            while (true)
            {
                var rest = _buffer.AsMemory(_at.._end);
                if (rest.Span.IndexOf((byte)'\n') is >= 0 and var newline)
                {
                    _line.Write(rest.Span[..newline]);
                    _at += newline + 1;
                    return Text();
                }
                _line.Write(rest.Span);
                if (_line.Length > SignedNote.MaxBytes) throw new FormatException("A line is too long.");
                (_at, _end) = (0, await stream.ReadAsync(_buffer, cancel));
                if (_end > 0) continue;
                return _line.Length == 0 ? null : throw new FormatException("The last line is cut.");
            }
        }

        public void Dispose() => _line.Dispose();

        private string Text()
        {
            try
            {
                return StrictUtf8.GetString(_line.GetBuffer(), 0, (int)_line.Length);
            }
            catch (DecoderFallbackException e)
            {
                throw new FormatException("A line is no UTF-8.", e);
            }
        }
    }
}
