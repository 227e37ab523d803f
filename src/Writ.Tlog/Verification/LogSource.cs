using System.Buffers;

namespace Writ.Tlog;

/// <summary>Reads a resource of a log (C2SP tlog-tiles), wherever it lies.</summary>
/// <param name="path">Its path below the log's prefix: <c>checkpoint</c>, <c>tile/0/x001/234.p/17</c>.</param>
/// <param name="most">How many bytes it can have; of a larger one it is enough to read one byte more.</param>
/// <param name="into">Where its bytes go.</param>
/// <param name="cancel">Gives up.</param>
/// <returns>Whether it is there.</returns>
public delegate ValueTask<bool> LogSource(
    string path, int most, ArrayBufferWriter<byte> into, CancellationToken cancel);
