. /tmp/lead/benv.sh
export PGOPTIONS="-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=3 -c auto_explain.log_analyze=on -c auto_explain.log_triggers=on -c auto_explain.log_timing=off -c client_min_messages=log -c auto_explain.log_level=log"
cat > /tmp/lead/notices.py <<'PY'
import sys; sys.path.insert(0,'.')
import django; django.setup()
from django.db import connection
from django.core import management
connection.ensure_connection()
import collections
connection.connection.notices=[]
class L(list): pass
try: management.execute_from_command_line(['manage.py','import_alumni',sys.argv[1],'--apply'])
except SystemExit: pass
open('/tmp/lead/notices.txt','w').write('\n'.join(x[:6000] for x in connection.connection.notices))
PY
$P /tmp/lead/notices.py ${F:-/tmp/lead/c10k.xlsx} | tail -3
