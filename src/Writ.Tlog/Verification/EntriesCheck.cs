namespace Writ.Tlog;

/// <summary>Looks at entries whose hashes are right: whether they say what entries of that log say. Called by
/// several threads at once, and in no certain order.</summary>
/// <param name="start">The index of the first.</param>
/// <param name="tile">Whose entries they are.</param>
/// <param name="bundle">See <see cref="EntryBundle"/>; it may have more than the tile. Its memory is used
/// again.</param>
/// <param name="cancel">Gives up.</param>
/// <returns>What is wrong; null: nothing.</returns>
public delegate ValueTask<LogDivergence?> EntriesCheck(
    long start, Tile tile, ReadOnlyMemory<byte> bundle, CancellationToken cancel);
