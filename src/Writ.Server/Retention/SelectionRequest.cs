using System.Globalization;
using System.Text.Json.Nodes;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Retention;

/// <summary>Which records, as a body names them.</summary>
public record SelectionRequest
{
    private const int MaxWho = 512;

    private static readonly string[] Forms =
        ["yyyy-MM-dd", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFK"];

    public string? Who { get; init; }
    public string? Task { get; init; }
    public string? Kind { get; init; }
    public string? From { get; init; }
    public string? To { get; init; }

    /// <summary>The selection, or what is wrong with it.</summary>
    internal (RecordSelection? Selection, string? Fault) Read(PrincipalNames names)
    {
        if (this is { Who: null, Task: null, Kind: null, From: null, To: null })
            return (null, "Name at least one of who, task, kind, from and to.");
        if (Who is not null && (!PlainText.IsText(Who, MaxWho) || Who.Trim().Length < 3))
            return (null, "who is an id or a name as records have it, of 3 characters at least.");
        if (Task is not null && !IsTask(Task)) return (null, "task is the id of a task.");
        if (Kind is not null && !IsKind(Kind)) return (null, "kind is how the kind of a record begins: token.");
        if (!TryTime(From, out var from) || !TryTime(To, out var to))
            return (null, "from and to are times (RFC 3339).");
        if (from >= to) return (null, "from lies before to.");
        // A path is short for an id of ours; whatever else an API called somebody is taken as it is.
        var isPath = Who is not null && Who.Contains('/') && !Who.Contains("://", StringComparison.Ordinal);
        var who = isPath ? names.IdOf(Who!, "") ?? Who : Who;
        return (new RecordSelection { Who = who, Task = Task, Kind = Kind, FromAt = from, ToAt = to }, null);
    }

    /// <summary>The members of a selection, for answers.</summary>
    internal static void Write(JsonObject json, RecordSelection selection)
    {
        if (selection.Who is not null) json["who"] = selection.Who;
        if (selection.Task is not null) json["task"] = selection.Task;
        if (selection.Kind is not null) json["kind"] = selection.Kind;
        if (selection.FromAt is { } from) json["from"] = Instant.Text(from);
        if (selection.ToAt is { } to) json["to"] = Instant.Text(to);
    }

    /// <summary>The same for the record of an act.</summary>
    internal static Audit.AuditEvent Describe(Audit.AuditEvent e, RecordSelection selection) => e
        .With("who", selection.Who).With("of_task", selection.Task).With("of_kind", selection.Kind)
        .With("from", selection.FromAt is { } from ? Instant.Text(from) : null)
        .With("to", selection.ToAt is { } to ? Instant.Text(to) : null);

    /// <summary>An act on the log as a whole: nobody does that for one team.</summary>
    internal static ActTarget Target(string name) => new(name, null);

    internal static bool TryTime(string? text, out long? micros)
    {
        micros = null;
        if (text is null) return true;
        // Strictly: another span than was meant could not be brought back.
        if (!DateTimeOffset.TryParseExact(
            text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return false;
        micros = time.ToMicros();
        return true;
    }

    private static bool IsTask(string id) => id.Length <= 64 && id.StartsWith("task_", StringComparison.Ordinal)
        && id.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');

    private static bool IsKind(string kind) => kind.Length is > 0 and <= 64
        && kind.All(c => char.IsAsciiLetterLower(c) || c is '.' or '_');
}
