using System.Text;
using Writ.Rego.Syntax;
using Writ.Rego.Tree;

namespace Writ.Rego.Format;

/// <summary>Lines in the making, with the comments that wait for their place.</summary>
internal sealed class Output(IEnumerable<Comment> comments)
{
    private readonly StringBuilder _text = new();
    private readonly Queue<Comment> _comments = new(comments);
    private int _indent;
    private int _lastRow;
    private bool _isFirst = true;

    public void Indent() => _indent++;

    public void Unindent() => _indent--;

    public Output Write(string text)
    {
        if (_text.Length > 0 && _text[^1] == '\n' && text.Length > 0)
            _text.Append('\t', _indent);
        _text.Append(text);
        return this;
    }

    /// <summary>Whether a comment stands in a stretch of the source and is not written yet.</summary>
    public bool HasCommentIn(Span span) =>
        _comments.Any(comment => comment.Span.Start > span.Start && comment.Span.Start < span.End);

    /// <summary>Begins a line for what stands at a place, after the comments and an empty line before it.</summary>
    public void Begin(Span span)
    {
        while (_comments.TryPeek(out var comment) && comment.Span.Start < span.Start)
        {
            Separate(comment.Span.Row);
            WriteComment(_comments.Dequeue());
            End(comment.Span.Row);
        }

        Separate(span.Row);
    }

    /// <summary>Ends a line, with the comments that stood behind it.</summary>
    public void End(int row)
    {
        while (_comments.TryPeek(out var comment) && comment.Span.Row <= row && comment.Span.Row > 0)
        {
            Write(_text[^1] == '\n' ? "" : " ");
            WriteComment(_comments.Dequeue());
        }

        if (_text[^1] != '\n')
            _text.Append('\n');
        _lastRow = row;
    }

    public void EndOf(Span span) => End(span.Source?.Locate(Math.Max(span.End - 1, 0)).Row ?? 0);

    /// <summary>The comments up to a closing sign stand before it.</summary>
    public void Flush(int end)
    {
        while (_comments.TryPeek(out var comment) && comment.Span.Start < end)
        {
            Separate(comment.Span.Row);
            WriteComment(_comments.Dequeue());
            End(comment.Span.Row);
        }
    }

    /// <summary>An empty line, though the source has none.</summary>
    public void Space()
    {
        if (_text.Length > 1 && !(_text[^1] == '\n' && _text[^2] == '\n'))
            _text.Append('\n');
    }

    /// <summary>No empty line follows an opening brace.</summary>
    public void Opened() => _isFirst = true;

    public override string ToString() => _text.ToString().TrimEnd('\n') + "\n";

    private void Separate(int row)
    {
        if (!_isFirst && row > _lastRow + 1)
            Space();
        _isFirst = false;
    }

    private void WriteComment(Comment comment) => Write("#" + comment.Text.TrimEnd());
}
