namespace Writ.Rego.Bundles;

/// <summary>What is left of the limits while one policy is loaded.</summary>
internal sealed class LoadBudget(LoadLimits limits)
{
    private const int Piece = 1 << 20;
    private long _bytes;
    private int _files;

    public int Depth => limits.Depth;

    public static RegoError Error(string name, string message) =>
        new(new RegoDiagnostic(ErrorCodes.Load, message, name, 0, 0, ""));

    public static RegoError Error(string name, string message, Exception cause) =>
        new(new RegoDiagnostic(ErrorCodes.Load, message, name, 0, 0, ""), cause);

    public void CountFile(string name)
    {
        if (++_files > limits.Files)
            throw Error(name, $"more than {limits.Files} files");
    }

    /// <summary>Reads a stream to its end, however long it says it is.</summary>
    public byte[] ReadAll(string name, Stream stream) => Read(name, stream, long.MaxValue, isExact: false);

    /// <summary>Reads so many bytes; room is made as they come, not as they are announced.</summary>
    public byte[] ReadExactly(string name, Stream stream, long length) => Read(name, stream, length, isExact: true);

    private byte[] Read(string name, Stream stream, long length, bool isExact)
    {
        if (isExact && length > limits.FileBytes)
            throw Error(name, $"the file has more than {limits.FileBytes} bytes");
        using var content = new MemoryStream();
        var piece = new byte[(int)Math.Min(Piece, Math.Max(length, 1))];
        while (content.Length < length)
        {
            var wanted = (int)Math.Min(piece.Length, length - content.Length);
            var read = stream.Read(piece, 0, wanted);
            if (read == 0)
                break;
            content.Write(piece, 0, read);
            if (content.Length > limits.FileBytes)
                throw Error(name, $"the file has more than {limits.FileBytes} bytes");
            if ((_bytes += read) > limits.TotalBytes)
                throw Error(name, $"the files have more than {limits.TotalBytes} bytes together");
        }

        if (isExact && content.Length < length)
            throw Error(name, "the archive ends before its end");
        return content.ToArray();
    }
}
