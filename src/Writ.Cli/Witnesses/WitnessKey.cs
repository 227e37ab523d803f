using System.Security.Cryptography;
using System.Text;
using Writ.Tlog;

namespace Writ.Cli.Witnesses;

/// <summary>The key that a witness cosigns with: a file that nobody else can read.</summary>
internal static class WitnessKey
{
    private const int MostBytes = 4096;
    private const int SeedBytes = 32;
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes a key, and writes it to a new file.</summary>
    /// <returns>What verifies its cosignatures.</returns>
    public static string Create(string path, string name)
    {
        var seed = RandomNumberGenerator.GetBytes(SeedBytes);
        try
        {
            using var signer = NoteSigner.CosignerOfSeed(name, seed);
            using var writer = new StreamWriter(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = Own,
            });
            writer.Write(NoteSigner.Write(name, NoteKeyType.Cosignature, seed) + "\n");
            return signer.Key.ToString();
        }
        catch (ArgumentException)
        {
            throw new UsageException("A witness's name has neither spaces nor plus: witness.example/w1.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
        }
    }

    /// <summary>Reads it.</summary>
    /// <exception cref="UnableException">It is none, or others can read it.</exception>
    public static NoteSigner Load(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read);
        // The mode is asked of the open file, not of the path: what is read is what was judged.
        if ((File.GetUnixFileMode(stream.SafeFileHandle) & ~Own) is not (UnixFileMode.None or UnixFileMode.UserExecute))
            throw new UnableException($"{path} can be read by others: its mode must be 0600 (chmod 600 it).");
        if (stream.Length > MostBytes) throw NoKey(path);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        try
        {
            var signer = NoteSigner.Parse(Encoding.UTF8.GetString(bytes));
            if (signer.Key.Type == NoteKeyType.Cosignature) return signer;
            signer.Dispose();
        }
        catch (FormatException)
        {
            // The cause is left out on purpose: its text could quote the file.
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
        throw NoKey(path);
    }

    private static UnableException NoKey(string path) =>
        new($"{path} is no witness's key: writ witness keygen makes one.");
}
