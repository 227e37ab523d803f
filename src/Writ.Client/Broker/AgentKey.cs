using System.Security.Cryptography;

namespace Writ.Client;

/// <summary>Private keys in PEM files: readable by their owner alone, or refused.</summary>
public static class AgentKey
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Reads an EC private key (PKCS#8 or SEC 1, not encrypted). The caller owns and disposes it.</summary>
    /// <param name="path">A PEM file with mode 0600 or stricter.</param>
    /// <exception cref="WritException">
    /// <c>key_file_unreadable</c>, <c>key_file_exposed</c> or <c>key_file_malformed</c>.
    /// </exception>
    public static ECDsa Load(string path)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(Read(path));
            if (key.KeySize is 256 or 384)
                return key;
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            // The cause is left out on purpose: its text could quote the file.
        }
        catch
        {
            key.Dispose();
            throw;
        }

        key.Dispose();
        throw new WritException("key_file_malformed", $"{path} holds no EC private key on P-256 or P-384 in PEM.");
    }

    /// <summary>Makes a P-256 key and writes it to a new file with mode 0600. The caller disposes it.</summary>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    public static ECDsa CreateFile(string path)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var writer = new StreamWriter(path, options);
            writer.Write(key.ExportPkcs8PrivateKeyPem());
            writer.Write('\n');
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    // The mode is asked of the open file, not of the path: what is read is what was judged.
    private static string Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read);
            if (!OperatingSystem.IsWindows()
                && (File.GetUnixFileMode(stream.SafeFileHandle) & Others) != UnixFileMode.None)
            {
                throw new WritException(
                    "key_file_exposed", $"{path} can be read by others: its mode must be 0600 (chmod 600 it).");
            }

            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new WritException("key_file_unreadable", $"{path} cannot be read.", e);
        }
    }
}
