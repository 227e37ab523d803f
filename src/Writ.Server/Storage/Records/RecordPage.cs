namespace Writ.Server.Storage;

/// <summary>Some of the records that were looked for, in the order that was asked for.</summary>
/// <param name="Rows">What the index knows of them.</param>
/// <param name="Place">The record up to which all were looked at; null: there are no more. An answer is bounded by what
/// was looked at, too, so that fewer rows than were wanted need not be all.</param>
public sealed record RecordPage(IReadOnlyList<RecordIndexRow> Rows, long? Place);
